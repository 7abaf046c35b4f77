import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { logIn } from '../state/session.ts';
import { navigate, path, runs } from '../state/view.ts';

/** The login: by name and password, or by the link that `cordwood web` prints. */
export function LoginScreen() {
  const user = useSignal('');
  const password = useSignal('');
  const fault = useSignal('');
  const isBusy = useSignal(false);
  const enter = async (credentials: Parameters<typeof logIn>[0]) => {
    isBusy.value = true;
    fault.value = '';
    try {
      await logIn(credentials);
      if (path.value === '/login') navigate('/');
      runs.value++;
    } catch (error) {
      fault.value = error instanceof Error ? error.message : String(error);
    }
    isBusy.value = false;
  };
  useEffect(() => {
    const enterByLink = () => {
      const link = takeLink();
      if (link) void enter({ link });
    };
    enterByLink();
    // A link that is opened in a tab that shows the login changes the address alone.
    addEventListener('hashchange', enterByLink);
    return () => removeEventListener('hashchange', enterByLink);
  }, []);
  return (
    <main class="login">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void enter({ user: user.value, password: password.value });
        }}
      >
        <h1>Cordwood</h1>
        <label>
          Name
          <input
            autocomplete="username"
            required
            value={user.value}
            onInput={(event) => (user.value = event.currentTarget.value)}
          />
        </label>
        <label>
          Password
          <input
            type="password"
            autocomplete="current-password"
            required
            value={password.value}
            onInput={(event) => (password.value = event.currentTarget.value)}
          />
        </label>
        {fault.value && (
          <p class="fault" role="alert">
            {fault.value}
          </p>
        )}
        <button type="submit" class="primary" disabled={isBusy.value}>
          {isBusy.value ? 'Logging in' : 'Log in'}
        </button>
        <p class="hint">
          On the server, <code>cordwood web</code> prints a link that logs in once.
        </p>
      </form>
    </main>
  );
}

/** The secret behind the `#` of the link; it leaves the address, and so the history, at once. */
function takeLink(): string {
  if (location.pathname !== '/login' || location.hash.length < 2) return '';
  const link = location.hash.slice(1);
  history.replaceState(null, '', '/login');
  return link;
}
