import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Random numbers that are the same in each run: xorshift32, whole and below `limit`. */
export function seeded(seed = 0x9e3779b9): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

/** One of the samples with some bytes changed, doubled, cut out or joined to another's; or nothing but random bytes. */
export function mutated(samples: readonly Buffer[], random: (limit: number) => number): Buffer {
  const pick = () => samples[random(samples.length)]!;
  if (random(10) === 0) return Buffer.from(Array.from({ length: random(300) }, () => random(256)));
  let bytes = Buffer.from(pick());
  for (let times = random(6); times > 0; times--) {
    const [a, b] = [random(bytes.length + 1), random(bytes.length + 1)].sort((x, y) => x - y) as [number, number];
    const kind = random(5);
    if (kind === 0 && bytes.length > 0) bytes[random(bytes.length)] = random(256);
    if (kind === 1) bytes = Buffer.concat([bytes.subarray(0, a), bytes.subarray(b)]);
    if (kind === 2) bytes = Buffer.concat([bytes.subarray(0, b), bytes.subarray(a)]);
    if (kind === 3) bytes = Buffer.concat([bytes.subarray(0, a), pick().subarray(random(40))]);
    if (kind === 4)
      bytes = Buffer.concat([bytes.subarray(0, a), Buffer.alloc(random(200), random(256)), bytes.subarray(a)]);
  }
  return bytes;
}

/** Bytes in use on the heap once all that can be collected has been. */
export function heapUsed(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

/** CPU time of this thread's process that the work took, ms: not what a busy machine made it wait. */
export function msFor(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
