import { useSignal } from '@preact/signals';
import type { Message } from '../api/answers.ts';
import { messageText } from '../list/copy.ts';
import { zone } from '../state/view.ts';
import { copyText } from '../text/clipboard.ts';
import { plain } from '../text/pieces.ts';

/** Copies the line, the message alone, all of it as JSON, or its address. */
export function CopyButtons({ message }: { message: Message }) {
  const done = useSignal('');
  const copy = async (name: string, text: string, note = 'copied') => {
    done.value = `${name}: ${(await copyText(text)) ? note : 'the browser forbids it here'}`;
  };
  const acts = plain(message.message) !== message.message;
  return (
    <p class="row copy-buttons">
      <button
        type="button"
        class="quiet"
        title="Copy the line (y)"
        onClick={() => copy('line', messageText(message, zone.value))}
      >
        copy line
      </button>
      <button
        type="button"
        class="quiet"
        title="Copy the text exactly as it is"
        onClick={() => copy('message', message.message, acts ? 'copied with control characters in it' : 'copied')}
      >
        message
      </button>
      <button type="button" class="quiet" onClick={() => copy('JSON', JSON.stringify(message))}>
        JSON
      </button>
      <button
        type="button"
        class="quiet"
        title="Copy the address of this message (Y)"
        onClick={() => copy('link', messageLink(message))}
      >
        link
      </button>
      <a class="quiet button" href={`/api/v1/messages/${message._id}/raw`} download={`${message._id}.log`}>
        raw
      </a>
      <span role="status" class="hint">
        {done.value}
      </span>
    </p>
  );
}

export function messageLink({ _id }: Message): string {
  return `${location.origin}/m/${_id}`;
}
