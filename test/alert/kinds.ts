import type { Notice } from '../../src/alert/notices/notice.ts';
import { digestSchema } from '../../src/alert/registry.ts';
import { Lab, type Line, MINUTE, START } from './lab.ts';

/** A kind of mail, and a lab in which it was sent last. */
type Story = { readonly name: string; readonly tell: () => Promise<Lab> };

const COMMON = {
  timezone: 'Europe/Berlin',
  severity: 'err',
  runbook: 'https://wiki.example.org/upstream: restart it, then call Ada',
};
const upstream = (count: number, host = 'web1'): Line[] =>
  Array.from({ length: count }, (_, i) => ({
    text: `*${1000 + i} upstream timed out (110: Connection timed out) while reading response header from upstream, client: 192.0.2.${i}, server: shop.example.org, request: "GET /cart/${i} HTTP/1.1"`,
    host,
  }));
const COUNT = {
  ...COMMON,
  name: 'nginx-errors',
  kind: 'count',
  query: 'appname:nginx severity:<=err',
  window: '10m',
  above: 20,
};

async function counted(lab: Lab): Promise<void> {
  await lab.passTo(1);
  await lab.arrive([...upstream(31), ...upstream(26, 'web2')]);
  await lab.passTo(5);
}

/** Every kind of mail once. */
export const STORIES: readonly Story[] = [
  {
    name: 'count',
    tell: async () => {
      const lab = new Lab([{ ...COUNT, by: ['hostname'] }]);
      await counted(lab);
      return lab;
    },
  },
  {
    name: 'repeat',
    tell: async () => {
      const lab = new Lab([{ ...COUNT, repeat: '5m' }]);
      await counted(lab);
      await lab.passTo(10);
      return lab;
    },
  },
  {
    name: 'resolved',
    tell: async () => {
      const lab = new Lab([{ ...COUNT, by: ['hostname'] }]);
      await counted(lab);
      await lab.passTo(20);
      return lab;
    },
  },
  {
    name: 'absence',
    tell: async () => {
      const lab = new Lab([
        {
          ...COMMON,
          name: 'backup',
          kind: 'absence',
          query: 'appname:borg message:finished',
          window: '10m',
          by: ['hostname'],
        },
      ]);
      await lab.passTo(1);
      await lab.arrive([{ text: 'backup finished', app: 'borg', host: 'db1' }]);
      await lab.passTo(15);
      return lab;
    },
  },
  {
    name: 'ratio',
    tell: async () => {
      const rule = {
        kind: 'ratio',
        name: 'failures',
        query: 'failed',
        of: 'request',
        above: 0.2,
        least: 10,
        window: '5m',
      };
      const lab = new Lab([{ ...COMMON, ...rule, by: ['hostname'] }]);
      await lab.passTo(1);
      await lab.arrive(
        Array.from({ length: 40 }, (_, i) => ({ text: `request ${i} ${i < 15 ? 'failed' : 'done'}`, app: 'shop' })),
      );
      await lab.passTo(5);
      return lab;
    },
  },
  {
    name: 'match',
    tell: async () => {
      const lab = new Lab([{ ...COMMON, name: 'oom', kind: 'match', query: '"out of memory"', severity: 'crit' }]);
      await lab.passTo(1);
      await lab.arrive([
        { text: 'Out of memory: Killed process 4711 (mongod) total-vm:9876544kB', app: 'kernel', host: 'db3' },
      ]);
      await lab.passTo(5);
      return lab;
    },
  },
  {
    name: 'new',
    tell: async () => {
      const lab = new Lab([{ ...COMMON, name: 'news', kind: 'new', query: '*', learn: '1h' }]);
      await lab.passTo(1);
      await lab.arrive([{ text: 'accepted connection 17 from 192.0.2.1', app: 'sshd' }]);
      await lab.passTo(70);
      await lab.arrive([
        { text: 'accepted connection 18 from 192.0.2.2', app: 'sshd' },
        { text: 'disk sda1 failed at sector 4711', app: 'kernel', host: 'db3' },
      ]);
      await lab.passTo(75);
      return lab;
    },
  },
  {
    name: 'late',
    tell: async () => {
      const lab = new Lab([{ ...COUNT, by: ['hostname'] }]);
      lab.storedUpTo.set(2, START);
      lab.stuck.add(2);
      await lab.passTo(60);
      await lab.arrive(upstream(31, 'web9'), { node: 2, at: START + 12 * MINUTE });
      await lab.passTo(65);
      return lab;
    },
  },
  {
    name: 'delayed',
    tell: async () => {
      const lab = new Lab([COUNT]);
      await lab.passTo(2);
      await lab.arrive(upstream(30).map((line) => ({ ...line, sentAt: START - 50 * MINUTE })));
      lab.jumpTo(64);
      lab.restart();
      await lab.round();
      await lab.round();
      return lab;
    },
  },
  { name: 'silent', tell: () => silence(1550) },
  { name: 'back', tell: () => silence(1570) },
  {
    name: 'summary',
    tell: async () => {
      const rules = Array.from({ length: 12 }, (_, i) => ({ ...COUNT, name: `rule-${i}`, resolve: 'off' }));
      const lab = new Lab(rules, { maxPerHour: 3 });
      await counted(lab);
      await lab.passTo(10);
      return lab;
    },
  },
  {
    name: 'digest',
    tell: async () => {
      const facts = {
        drops: async () => ({ reasons: [{ reason: 'udp0: by the kernel', count: 1204 }], faults: [] }),
        disk: async () => ({ bytes: 5 << 20, growth: 1 << 20, maxDisk: 50 * 2 ** 30, free: 2 ** 30 }),
      };
      const digest = digestSchema.parse({ to: ['ops@example.org'], schedule: '0 12 * * *', timezone: 'UTC' });
      const lab = new Lab([{ ...COUNT, by: ['hostname'] }], { digest: { ...digest, facts } });
      await counted(lab);
      lab.jumpTo(179);
      await lab.arrive([...upstream(30), ...upstream(5, '<b>evil</b>'.repeat(20))]);
      await lab.passTo(181);
      return lab;
    },
  },
];

/** Two hosts that send every ten minutes, and are silent for an hour on the second day. */
async function silence(until: number): Promise<Lab> {
  const lab = new Lab([], { silence: ['ops@example.org'] });
  await lab.round();
  for (let minute = 10; minute <= until; minute += 10) {
    lab.jumpTo(minute);
    await lab.round();
    const isQuiet = minute > 1500 && minute < 1560;
    if (!isQuiet) await lab.arrive(['db3', 'db4'].map((host) => ({ text: 'hello', host })));
  }
  await lab.passTo(until + 2);
  return lab;
}

/** The last notice of a kind of mail. */
export async function lastOf(name: string): Promise<Notice> {
  const { sent } = await STORIES.find((story) => story.name === name)!.tell();
  return (name === 'digest' ? sent.find(({ notice }) => notice.digest) : sent.at(-1))!.notice;
}
