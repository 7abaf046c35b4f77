import { copyText } from '../text/clipboard.ts';
import { closeDetails } from '../details/details.tsx';
import { messageLink } from '../details/copy-buttons.tsx';
import { messageText } from '../list/copy.ts';
import { toggleLive } from '../search/bar.tsx';
import { upTo } from '../search/chips.tsx';
import { move } from '../search/picker.tsx';
import { theList } from '../search/the-list.ts';
import { toggleUtc } from '../search/zone-picker.tsx';
import { current } from '../state/current.ts';
import { LEVELS } from '../state/terms.ts';
import { change, navigate, path, view, zone } from '../state/view.ts';
import { showsHelp } from './help.tsx';
import { hasKeys, nextTheme } from '../state/settings.ts';
import type { Screen } from './screen.ts';

/** How long the second key of `g s` may take, ms. */
const PAUSE = 1000;

/** Listens to keys on the whole page. Text boxes keep all of theirs. */
export function listenToKeys(screens: readonly Screen[]): void {
  let first = { key: '', at: 0 };
  addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.altKey || event.metaKey) return;
    if (event.key === 'Enter' && event.ctrlKey) return submitQuery();
    if (event.ctrlKey || isTextBox(event.target) || document.querySelector('dialog[open]')) return;
    if (event.key === 'Escape' && view.value.selected) return closeDetails();
    if (!hasKeys.value && /^.$/u.test(event.key)) return;
    const isSecond = first.key === 'g' && event.timeStamp - first.at < PAUSE;
    first = { key: isSecond ? '' : event.key, at: event.timeStamp };
    const isDone = isSecond ? afterG(event.key, screens) : isElsewhere(event) ? false : act(event);
    if (isDone) event.preventDefault();
  });
}

function isTextBox(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches('input, textarea, select, [contenteditable]');
}

/** Enter and arrows belong to the control that has the focus, unless it is the list. */
function isElsewhere({ key, target }: KeyboardEvent): boolean {
  const isControl = target instanceof HTMLElement && target.matches('button, a, .chart, pre, summary');
  return isControl && /^(?:Enter| |Arrow\w+|Home|End|[-+])$/.test(key);
}

function afterG(key: string, screens: readonly Screen[]): boolean {
  if (key === 'g') theList.value?.toOldest();
  const screen = screens.find((each) => each.key === key);
  if (screen) navigate(screen.path);
  return key === 'g' || screen !== undefined;
}

function submitQuery(): void {
  document.querySelector<HTMLFormElement>('.query-bar')?.requestSubmit();
}

type Action = (event: KeyboardEvent) => void;

const onList = (work: (list: NonNullable<typeof theList.value>) => void): Action => {
  return () => {
    if (theList.value) work(theList.value);
  };
};
const next = onList((list) => list.move(1));
const previous = onList((list) => list.move(-1));
const newest = onList((list) => list.toNewest());
const oldest = onList((list) => list.toOldest());
const isError = ({ severity }: { severity: number }) => severity <= 3;

const ACTIONS: Readonly<Record<string, Action>> = {
  '/': () => document.querySelector<HTMLElement>('#query, main input')?.focus(),
  '?': () => {
    showsHelp.value = true;
  },
  j: next,
  ArrowDown: next,
  k: previous,
  ArrowUp: previous,
  n: onList((list) => list.move(1, isError)),
  N: onList((list) => list.move(-1, isError)),
  G: newest,
  End: newest,
  Home: oldest,
  Enter: openDetails,
  o: openDetails,
  c: () => document.getElementById('around')?.click(),
  f: toggleLive,
  w: () => change({ wraps: !view.value.wraps }),
  z: toggleUtc,
  t: nextTheme,
  y: () => void copy((message) => messageText(message, zone.value)),
  Y: () => void copy(messageLink),
  '[': () => move('earlier'),
  ']': () => move('later'),
};

/** What works on every screen; all other keys are about lines. */
const EVERYWHERE = new Set(['/', '?', 't', 'z']);

function act(event: KeyboardEvent): boolean {
  if (path.value !== '/' && !EVERYWHERE.has(event.key)) return false;
  const action = ACTIONS[event.key];
  const isLevel = /^[1-8]$/.test(event.key);
  if (isLevel) upTo(LEVELS[Number(event.key) - 1]!);
  action?.(event);
  return action !== undefined || isLevel;
}

function openDetails(): void {
  document.querySelector<HTMLElement>('.details button')?.focus();
}

async function copy(textOf: (message: NonNullable<typeof current.value>) => string): Promise<void> {
  if (current.value) await copyText(textOf(current.value));
}
