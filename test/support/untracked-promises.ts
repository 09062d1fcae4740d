import asyncHooks from 'node:async_hooks';

// Loaded before the tests (`--import`): Node's test runner follows every promise to the test that it belongs to, which takes a third
// of the time here, where everything is made of promises. It still follows timers, sockets and whatever else is waited for; an error
// that nobody catches fails the file all the same, and is told of the file where the test is not known.

const { createHook } = asyncHooks;
asyncHooks.createHook = (callbacks) => createHook({ trackPromises: false, ...callbacks });
