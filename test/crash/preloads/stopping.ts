// A process that is about to kill itself (see mortal.ts) stops instead, so that somebody copies what it would have left and
// lets it go on. It knows nothing of the platform: it is loaded before an older one, too.

const kill = process.kill.bind(process);
process.kill = (pid, signal) => kill(pid, pid === process.pid && signal === 'SIGKILL' ? 'SIGSTOP' : signal);
