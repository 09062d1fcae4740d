// `node deploy/healthy.js 4000`: whether the platform on this port of this machine is ready, by its exit code. A container asks by it,
// because its image has no other program that could.
const port = process.argv[2] ?? '4000';
const LONGEST_MS = 3_000;

try {
  const signal = AbortSignal.timeout(LONGEST_MS);
  const response = await fetch(`http://127.0.0.1:${port}/health/ready`, { signal });
  process.exitCode = response.ok ? 0 : 1;
} catch {
  process.exitCode = 1;
}
