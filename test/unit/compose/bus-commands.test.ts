import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { startHere } from '#test/support/embedded.ts';
import { until } from '#test/support/until.ts';

test('a process that decides commands takes them from its bus, and says how that goes', async () => {
  const platform = await startHere({});
  const Health = z.object({ components: z.object({ 'bus-commands': z.object({ ready: z.boolean() }) }) });
  const response = await fetch(`${platform.url}/health/ready`);
  assert.deepEqual(Health.parse(await response.json()).components['bus-commands'], { ready: true });
  await until(async () => {
    const text = await (await fetch(`${platform.url}/metrics`)).text();
    return (
      /^annals_bus_commands_troubled 0$/m.test(text) &&
      /^annals_bus_commands\{became="answered"\} 0$/m.test(text)
    );
  }, 'it is measured');
});
