import { events } from '#domain/workflows/saga/messages.ts';
import { historyOperations } from '#read-api/history/operations.ts';
import { operatingOperations } from '#read-api/operating/operations.ts';
import type { Manifest } from './manifest.ts';

/** What belongs to no single context: the steps of the sagas, and what is asked of the history and of the platform itself. */
export const platform: Manifest = {
  messages: {
    name: 'processes',
    description: 'What spans contexts: the steps of the sagas.',
    events,
    commands: [],
  },
  deciders: [],
  workflows: [],
  views: [],
  reactions: [],
  sagas: [],
  operations: {
    queries: { ...historyOperations.queries, ...operatingOperations.queries },
    subscriptions: { ...historyOperations.subscriptions, ...operatingOperations.subscriptions },
    fields: { ...historyOperations.fields, ...operatingOperations.fields },
    nodes: [...historyOperations.nodes, ...operatingOperations.nodes],
  },
};
