import { useSignal } from '@preact/signals';
import { addressOf } from '../api/client.ts';
import { Menu } from '../controls/menu.tsx';
import { SavedMenu } from '../saved/menu.tsx';
import { may } from '../state/may.ts';
import { DEFAULT_VIEW, type View, writeAddress } from '../state/address.ts';
import { answered, histogram, scopeOf } from '../state/search.ts';
import { change, view, zone } from '../state/view.ts';
import { copyText } from '../text/clipboard.ts';
import { bytes, counted } from '../text/numbers.ts';
import { rfc3339 } from '../time/zone.ts';
import { commandOf } from './command.ts';

/** Wrapping, order, link, command and download. */
export function Tools() {
  const { wraps, order } = view.value;
  return (
    <div class="tools">
      <button
        type="button"
        class="quiet"
        aria-pressed={wraps}
        title="Wrap long lines (w)"
        onClick={() => change({ wraps: !wraps })}
      >
        wrap
      </button>
      <button
        type="button"
        class="quiet"
        title="Which lines come first"
        onClick={() => change({ order: order === 'oldest' ? 'newest' : 'oldest' })}
      >
        {order === 'oldest' ? 'newest last' : 'newest first'}
      </button>
      <CopyButton name="link" title="Copy an address that shows the same lines to others" text={linkOf} />
      <CopyButton
        name="command"
        title="Copy this search as a command for a shell"
        text={() => commandOf(view.value, answered.value, zone.value)}
      />
      <SavedMenu />
      {may('operate') && (
        <a class="button quiet" href={holdAddress()} title="Keep the messages of this search from expiring">
          hold
        </a>
      )}
      <Menu class="download" title="Download all lines of this search" label="download">
        {() => <Download />}
      </Menu>
    </div>
  );
}

function CopyButton({ name, title, text }: { name: string; title: string; text: () => string }) {
  const isDone = useSignal(false);
  return (
    <button
      type="button"
      class="quiet"
      title={title}
      onClick={async () => {
        isDone.value = await copyText(text());
        setTimeout(() => {
          isDone.value = false;
        }, 1500);
      }}
    >
      {isDone.value ? 'copied' : name}
    </button>
  );
}

/** The address of these very lines: the window in absolute times, the zone named. */
function linkOf(): string {
  return `${location.origin}/?${writeAddress(fixedView())}`;
}

/** Where these very lines are kept from expiring. */
function holdAddress(): string {
  const { query, from, to } = fixedView();
  return `/streams?${writeAddress({ ...DEFAULT_VIEW, query, from, to, unknown: [['hold', '1']] })}`;
}

function fixedView(): View {
  const window = answered.value?.window;
  const { from, to } = view.value;
  const start = window?.since === undefined ? from : rfc3339(window.since, zone.value);
  const end = window ? rfc3339(window.until, zone.value) : to;
  return { ...view.value, from: start, to: end, zone: zone.value, isLive: false };
}

const FORMATS = [
  ['text', 'Text, as the command line prints it'],
  ['ndjson', 'NDJSON, one message a line'],
  ['csv', 'CSV; cells are data and may look like formulas to a spreadsheet'],
] as const;

function Download() {
  const answer = answered.value;
  if (!answer) return null;
  const found = histogram.value?.items.reduce((sum, { count }) => sum + count, 0);
  const scope = { query: answer.query, ...scopeOf(answer.window), zone: zone.value };
  return (
    <div class="column-menu">
      <p class="hint">
        {found === undefined ? 'All lines' : `All ${counted(found, 'line')}, about ${bytes(found * 150)} of text`}
      </p>
      {FORMATS.map(([format, name]) => (
        <a
          key={format}
          class="button"
          href={addressOf('export', { ...scope, format })}
          download={`cordwood.${format === 'text' ? 'log' : format}`}
        >
          {name}
        </a>
      ))}
    </div>
  );
}
