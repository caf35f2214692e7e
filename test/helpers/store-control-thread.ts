// A thread that does nothing but watch how late its event loop is: what the machine does to any thread just now.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parentPort } from 'node:worker_threads';

const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
parentPort?.once('message', () => {
  parentPort?.postMessage(delay.percentile(99) / 1e6);
});
