import type { Session } from '../api/answers.ts';
import { may } from '../state/may.ts';
import { session } from '../state/session.ts';

/** Why a user sees no buttons here; nothing for users who have them. */
export function ReadOnly({ needs }: { needs: Session['role'] }) {
  if (!session.value || may(needs)) return null;
  return (
    <span class="hint">
      Changes need the role {needs}; yours is {session.value.role}.
    </span>
  );
}
