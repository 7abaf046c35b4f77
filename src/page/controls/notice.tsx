import { notice, undo } from '../state/asking.ts';
import { Text } from '../text/text.tsx';

/** What the last change did, with the way back if there is one. It stays until it is closed or something else is done. */
export function NoticeBar() {
  const shown = notice.value;
  return (
    <div class="notice-place" role="status">
      {shown && (
        <div class={`notice ${shown.isFault ? 'notice-fault' : ''}`}>
          <span class="notice-text">
            <Text text={shown.said} />
          </span>
          {shown.undo && (
            <button type="button" class="quiet" onClick={() => void undo()}>
              Undo
            </button>
          )}
          <button type="button" class="quiet" aria-label="Close the notice" onClick={() => (notice.value = undefined)}>
            ✕
          </button>
        </div>
      )}
    </div>
  );
}
