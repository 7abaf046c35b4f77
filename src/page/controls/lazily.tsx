import { useSignal } from '@preact/signals';
import type { ComponentType } from 'preact';
import { useEffect } from 'preact/hooks';

/** A screen whose code is loaded when it is first shown, so that the search is not kept waiting by it. */
export function lazily(load: () => Promise<ComponentType>): ComponentType {
  let loaded: ComponentType | undefined;
  return function Lazy() {
    const component = useSignal(loaded);
    const isLost = useSignal(false);
    useEffect(() => {
      if (component.value) return;
      load().then(
        (found) => {
          loaded = found;
          component.value = found;
        },
        () => {
          isLost.value = true;
        },
      );
    }, []);
    const { value: Component } = component;
    if (Component) return <Component />;
    return (
      <main class="sheet" aria-busy={!isLost.value}>
        {isLost.value && (
          <p class="banner" role="alert">
            This part of the page could not be loaded: the server is away, or newer than the page. Load the page again.
          </p>
        )}
      </main>
    );
  };
}
