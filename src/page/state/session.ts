import { signal } from '@preact/signals';
import type { Session } from '../api/answers.ts';
import { ask, change, needsLogin } from '../api/client.ts';

/** Who is logged in; undefined before the server said so. */
export const session = signal<Session | undefined>(undefined);

/** Asks who is logged in. If no one is, `needsLogin` is raised. */
export async function readSession(): Promise<void> {
  session.value = await ask<Session>('session').catch(() => undefined);
}

/** @throws Failure if name or password are wrong, or there were too many attempts */
export async function logIn(credentials: { user: string; password: string } | { link: string }): Promise<void> {
  session.value = await change<Session>('POST', 'session', credentials);
  needsLogin.value = false;
}

export async function logOut(): Promise<void> {
  await change('DELETE', 'session').catch(() => undefined);
  session.value = undefined;
  needsLogin.value = true;
}
