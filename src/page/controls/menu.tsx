import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

type MenuProps = {
  /** What the button shows. */
  readonly label: ComponentChildren;
  readonly title: string;
  readonly class?: string;
  readonly children: (close: () => void) => ComponentChildren;
};

/** A button that opens a small panel below it. Escape, a click elsewhere, or leaving it by Tab closes it. */
export function Menu({ label, title, class: name = '', children }: MenuProps) {
  const isOpen = useSignal(false);
  const root = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!isOpen.value) return;
    const onElsewhere = (event: Event) => {
      if (!root.current?.contains(event.target as Node)) isOpen.value = false;
    };
    document.addEventListener('pointerdown', onElsewhere);
    document.addEventListener('focusin', onElsewhere);
    return () => {
      document.removeEventListener('pointerdown', onElsewhere);
      document.removeEventListener('focusin', onElsewhere);
    };
  }, [isOpen.value]);
  const close = () => {
    isOpen.value = false;
    root.current?.querySelector('button')?.focus();
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape closes the panel from any control in it.
    <div
      class={`menu ${name}`}
      ref={root}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !isOpen.value) return;
        event.stopPropagation();
        close();
      }}
    >
      <button
        type="button"
        class="menu-button"
        title={title}
        aria-expanded={isOpen.value}
        onClick={() => (isOpen.value = !isOpen.value)}
      >
        {label}
      </button>
      {isOpen.value && <div class="menu-panel">{children(close)}</div>}
    </div>
  );
}
