import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { PageWorld } from '../page/world.ts';
import type { Page } from '../support/page.ts';
import { until } from '../support/until.ts';
import { spoolDay } from './day.ts';
import { megabytes, milliseconds, type Row, say, times } from './table.ts';
import { median } from './usage.ts';
import { linesWanted, makeCorpus, type WholeCorpus } from './whole-corpus.ts';
import { expectCount, wrong } from './wrong.ts';

const ROUNDS = 5;
/** Lines a second of the live view, and for how long, s. */
const RATE = 2000;
const LIVE_SECONDS = Number(process.env['CORDWOOD_BENCH_LIVE'] ?? 20);
const SECONDS_MS = 1000;
const STEP_MS = 50;
/** Frames of each way of scrolling. */
const FRAMES = 300;
const SCREEN = { width: 1280, height: 800, isDark: false };

/** Records when the first line was painted, and counts the lines that a live view is sent, each by its number. */
const WATCH = `
  const look = () => document.querySelector('.line') ? requestAnimationFrame(() => setTimeout(() => { window.paintedAt = performance.now(); })) : requestAnimationFrame(look);
  requestAnimationFrame(look);
  window.live = { lines: 0, twice: 0, highest: -1, late: 0 };
  const listen = EventSource.prototype.addEventListener;
  EventSource.prototype.addEventListener = function (kind, listener, options) {
    if (kind === 'lines') listen.call(this, kind, ({ data }) => {
      for (const { message, received_at } of JSON.parse(data)) {
        const number = Number(/^live (\\d+)/.exec(message)?.[1] ?? -1);
        if (number < 0) continue;
        live.lines++;
        if (number <= live.highest) live.twice++;
        live.highest = Math.max(live.highest, number);
        live.late = Math.max(live.late, Date.now() - Date.parse(received_at));
      }
    });
    listen.call(this, kind, listener, options);
  };`;

/** Presses Search and resolves with the ms until other lines are painted. */
const SEARCH = `new Promise((done) => {
  const room = document.querySelector('.lines-room');
  const began = performance.now();
  room.replaceChildren();
  const changes = new MutationObserver(() => {
    changes.disconnect();
    requestAnimationFrame(() => setTimeout(() => done(performance.now() - began)));
  });
  changes.observe(room, { childList: true });
  document.querySelector('.query-bar .primary').click();
})`;

type Scrolled = { readonly cpu: number; readonly smooth: number };
export type PageResult = {
  readonly lines: number;
  readonly loaded: number;
  readonly cold: number;
  readonly warm: number;
  /** The same of a text of a few bytes from the same server: what the browser itself takes. */
  readonly bare: number;
  /** ms from the beginning of the navigation until lines are painted, and of the API's answer alone. */
  readonly painted: number;
  readonly answered: number;
  /** ms from the press of Search on a page that is loaded until lines are painted. */
  readonly searched: number;
  /** CPU of the tab's main thread for a frame, ms, and the share of frames within 20 ms, by pixels a frame. */
  readonly scrolled: ReadonlyMap<number, Scrolled>;
  readonly live: { readonly sent: number; readonly shown: number; readonly late: number; readonly share: number };
  /** Bytes of the tab's heap after a fifth of the time and at the end. */
  readonly heap: readonly [number, number];
};

/** The page in a real browser, with the lines of a day. @param loaded lines to load by scrolling */
export async function benchPage(corpus: WholeCorpus, loaded: number): Promise<PageResult> {
  await using world = await PageWorld.start({ prepare: (data) => spoolDay(data, corpus) });
  const stored = async () => (await world.server.stats()).counters['writer.messages'] ?? 0;
  await until('the day to be stored', async () => (await stored()) >= corpus.lines, 120_000);
  const page = await world.open('/?from=all', SCREEN);
  await page.command('Page.addScriptToEvaluateOnNewDocument', { source: WATCH });
  await page.command('Performance.enable', { timeDomain: 'threadTicks' });
  const first = await firstPaints(world, page);
  say(`first paint ${JSON.stringify(first)}`);
  const scrolled = await scroll(page, Math.min(loaded, corpus.lines));
  say(`scrolled ${JSON.stringify([...scrolled])}`);
  const { live, heap } = await follow(world, page);
  say(`live ${JSON.stringify({ ...live, heap })}`);
  return { lines: corpus.lines, loaded, ...first, scrolled, live, heap };
}

async function firstPaints(world: PageWorld, page: Page) {
  const paint = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime";
  const [cold, bare, warm, painted, answered, searched]: number[][] = [[], [], [], [], [], []];
  for (let round = 0; round < ROUNDS; round++) {
    const stranger = await world.openStranger('/login');
    cold!.push(Number(await stranger.until(paint)));
    const plain = await world.openStranger('/api/v1/health');
    bare!.push(Number(await plain.until(paint)));
    await page.goto(`${world.url}/?from=all&tz=UTC`);
    warm!.push(Number(await page.until(paint)));
    painted!.push(Number(await page.until('window.paintedAt')));
    const asking = `(async () => { const began = performance.now();
      await (await fetch('/api/v1/messages?since=all&limit=200&order=newest')).text(); return performance.now() - began; })()`;
    answered!.push(Number(await page.evaluate(asking)));
    await page.until("document.querySelector('.chip-count')?.textContent.match(/\\d/)");
    searched!.push(Number(await page.evaluate(SEARCH)));
  }
  return {
    cold: median(cold!),
    warm: median(warm!),
    bare: median(bare!),
    painted: median(painted!),
    answered: median(answered!),
    searched: median(searched!),
  };
}

const counted = "Number(document.querySelector('.footer')?.textContent.replaceAll(',', '').match(/^\\d+/)?.[0])";

async function scroll(page: Page, wanted: number): Promise<Map<number, Scrolled>> {
  const top = "document.querySelector('.lines').scrollTop = 0";
  await page.until(`${top}; ${counted} >= ${wanted}`, 600_000);
  const all = new Map<number, Scrolled>();
  for (const step of [300, 600, 3000]) {
    await page.evaluate(top);
    await sleep(SECONDS_MS);
    const before = await cpuOf(page);
    const gaps = (await page.evaluate(`new Promise((done) => {
      const list = document.querySelector('.lines');
      const gaps = [];
      let last = performance.now();
      const frame = () => {
        const now = performance.now();
        gaps.push(now - last);
        last = now;
        list.scrollTop += ${step};
        if (gaps.length > ${FRAMES} || list.scrollTop + list.clientHeight >= list.scrollHeight - 2) done(gaps.slice(1));
        else requestAnimationFrame(frame);
      };
      requestAnimationFrame(frame);
    })`)) as number[];
    const cpu = ((await cpuOf(page)) - before) / gaps.length;
    all.set(step, { cpu, smooth: gaps.filter((gap) => gap <= 20).length / gaps.length });
  }
  return all;
}

/** CPU time of the tab's main thread, ms. */
async function cpuOf(page: Page): Promise<number> {
  return (await metricOf(page, 'TaskDuration')) * 1000;
}

async function metricOf(page: Page, wanted: string): Promise<number> {
  const { metrics } = (await page.command('Performance.getMetrics')) as { metrics: { name: string; value: number }[] };
  return metrics.find(({ name }) => name === wanted)!.value;
}

async function heapOf(page: Page): Promise<number> {
  await page.command('HeapProfiler.collectGarbage');
  return await metricOf(page, 'JSHeapUsedSize');
}

async function follow(world: PageWorld, page: Page) {
  await page.goto(`${world.url}/?from=-5m&live=1&q=appname:live`);
  await page.until("document.querySelector('.live-on') !== null");
  await sleep(SECONDS_MS);
  const socket = connect(await world.server.port('tcp0'), '127.0.0.1');
  await once(socket, 'connect');
  const [cpu, began] = [await cpuOf(page), performance.now()];
  const wanted = RATE * LIVE_SECONDS;
  let [sent, early] = [0, 0];
  while (sent < wanted) {
    const due = Math.min(wanted, Math.floor(((performance.now() - began) / 1000) * RATE));
    const lines = Array.from(
      { length: due - sent },
      (_, at) => `<14>1 - host${at % 50} live - - - live ${sent + at} of many`,
    );
    if (lines.length > 0) socket.write(lines.map((line) => `${Buffer.byteLength(line)} ${line}`).join(''));
    sent = due;
    if (early === 0 && sent >= wanted / 5) early = await heapOf(page);
    await sleep(STEP_MS);
  }
  socket.end();
  await page.until(`live.lines >= ${sent}`, 60_000).catch(() => {});
  const share = ((await cpuOf(page)) - cpu) / (performance.now() - began);
  const seen = (await page.evaluate('live')) as { lines: number; twice: number; late: number };
  expectCount('lines that the live view was sent', seen.lines, sent);
  expectCount('lines that it was sent twice', seen.twice, 0);
  const heap: [number, number] = [early, await heapOf(page)];
  return { live: { sent, shown: seen.lines, late: seen.late, share }, heap };
}

export function pageRows({
  lines,
  loaded,
  cold,
  warm,
  bare,
  painted,
  answered,
  searched,
  scrolled,
  live,
  heap,
}: PageResult): Row[] {
  const goal = '≤ 20 ms';
  return [
    {
      claim: 'page: first paint, cold',
      ours: milliseconds(cold),
      peer: `warm ${milliseconds(warm)}; a bare text from this server ${milliseconds(bare)}`,
      ratio: times(cold / bare),
      goal: '≤ 250 ms',
      met: cold <= 250,
    },
    {
      claim: `page: newest lines of ${lines.toLocaleString('en')} painted, from the click on a link`,
      ours: milliseconds(painted),
      peer: `the API answers in ${milliseconds(answered)}`,
      ratio: times(painted / answered),
    },
    {
      claim: `page: newest lines of ${lines.toLocaleString('en')} painted, from the press of Search`,
      ours: milliseconds(searched),
      goal: '≤ 150 ms',
      met: searched <= 150,
    },
    ...[...scrolled].map(([step, { cpu, smooth }]) => ({
      claim: `page: a frame of scrolling by ${step} px, ${loaded.toLocaleString('en')} lines loaded, CPU`,
      ours: milliseconds(cpu),
      peer: `${Math.round(smooth * 100)} % of frames within 20 ms`,
      goal,
      met: cpu <= 20,
    })),
    {
      claim: `page: live at ${RATE.toLocaleString('en')} lines/s for ${LIVE_SECONDS} s, shown of sent`,
      ours: `${live.shown.toLocaleString('en')} of ${live.sent.toLocaleString('en')}, ${milliseconds(live.late)} late at most`,
      peer: `${Math.round(live.share * 100)} % of a core; heap ${megabytes(heap[0])}, then ${megabytes(heap[1])}`,
      met: live.shown === live.sent,
    },
  ];
}

if (import.meta.main) {
  using corpus = makeCorpus(linesWanted());
  const result = await benchPage(corpus, process.argv.includes('--quick') ? 10_000 : 100_000);
  for (const { claim, ours, peer } of pageRows(result)) say(`${claim}: ${ours} (${peer})`);
  for (const what of wrong) say(`WRONG: ${what}`);
}
