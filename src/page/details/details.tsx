import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Message } from '../api/answers.ts';
import { ask } from '../api/client.ts';
import { current } from '../state/current.ts';
import { change, view, zone } from '../state/view.ts';
import { Text } from '../text/text.tsx';
import { ago, dateAndClock, offsetLabel, span } from '../time/zone.ts';
import { Around } from './around.tsx';
import { Body } from './body.tsx';
import { CopyButtons } from './copy-buttons.tsx';
import { FieldTable } from './fields.tsx';
import { FLAG_TEXTS } from './flags.ts';

/** Why the message of the address is not shown, for example because retention has removed it. */
const fault = signal('');

/** Everything about one message, beside the list. */
export function Details() {
  const { selected } = view.value;
  useEffect(() => {
    if (selected && current.value?._id !== selected) void load(selected);
  }, [selected]);
  const message = current.value;
  if (!selected) return null;
  return (
    <aside class="details" aria-label="Details of the message">
      <header class="details-head">
        <h2>{message?._id === selected ? <Title message={message} /> : 'Message'}</h2>
        <button type="button" class="quiet" title="Close (Esc)" aria-label="Close the details" onClick={closeDetails}>
          ✕
        </button>
      </header>
      {message?._id === selected ? <MessageView message={message} /> : <Missing />}
    </aside>
  );
}

/** In place of a message that is asked for, or that is not to be had. */
function Missing() {
  return fault.value ? (
    <p class="fault" role="alert">
      <Text text={fault.value} />
    </p>
  ) : (
    <p class="hint">loading</p>
  );
}

export function closeDetails(): void {
  current.value = undefined;
  change({ selected: '' });
  document.getElementById('lines')?.focus();
}

async function load(id: string): Promise<void> {
  fault.value = '';
  try {
    const { message } = await ask<{ message: Message }>(`messages/${encodeURIComponent(id)}`);
    if (view.value.selected === id) current.value = message;
  } catch (error) {
    fault.value = error instanceof Error ? error.message : String(error);
  }
}

function Title({ message: { level } }: { message: Message }) {
  return (
    <span class={`level-${level}`}>
      <span class="mark" aria-hidden="true" />
      {level}
    </span>
  );
}

/** A message whole; screens that show one use it, too. */
export function MessageView({ message, hasAround = true }: { message: Message; hasAround?: boolean }) {
  return (
    <div class="message-view">
      <Times message={message} />
      <Body message={message} />
      <CopyButtons message={message} />
      {hasAround && <Around message={message} />}
      <Flags message={message} />
      <FieldTable message={message} />
    </div>
  );
}

/** Both clocks: when it arrived here, and when its sender says it was written. */
function Times({ message }: { message: Message }) {
  const arrival = Date.parse(message.received_at);
  const stamp = Date.parse(message.timestamp);
  const difference = stamp - arrival;
  const own = message.timestamp_offset === undefined ? '' : `, its clock at UTC${offsetText(message.timestamp_offset)}`;
  return (
    <dl class="times">
      <dt>arrived</dt>
      <dd>
        {dateAndClock(arrival, zone.value)} <span class="offset">{offsetLabel(arrival, zone.value)}</span>
        <span class="hint"> {ago(arrival, Date.now())}</span>
      </dd>
      <dt>stamped</dt>
      <dd>
        {message.flags.includes('no_timestamp') ? (
          <span class="hint">without a timestamp</span>
        ) : (
          <>
            {dateAndClock(stamp, zone.value)}
            <span class="hint">
              {' '}
              {Math.abs(difference) < 1000
                ? 'at the same time'
                : `${span(difference)} ${difference > 0 ? 'ahead' : 'before'}`}
              {own}
            </span>
          </>
        )}
      </dd>
    </dl>
  );
}

function offsetText(minutes: number): string {
  const hours = Math.floor(Math.abs(minutes) / 60);
  const rest = Math.abs(minutes) % 60;
  return `${minutes < 0 ? '-' : '+'}${String(hours).padStart(2, '0')}:${String(rest).padStart(2, '0')}`;
}

function Flags({ message: { flags } }: { message: Message }) {
  if (flags.length === 0) return null;
  return (
    <ul class="flags">
      {flags.map((flag) => (
        <li key={flag}>
          <code>{flag}</code> {FLAG_TEXTS[flag]}
        </li>
      ))}
    </ul>
  );
}
