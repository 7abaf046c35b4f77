import { change } from '../api/client.ts';
import type { Incident, RuleRow } from '../api/operations.ts';
import { askFirst, type Done } from '../state/asking.ts';

type Reload = () => Promise<void>;

const SPANS = ['1h', '4h', '1d', '7d'];
const HOW_LONG = 'A duration with its unit, such as 90m or 2h.';

export function askToAcknowledge({ id }: Incident, reload: Reload): void {
  askFirst({
    title: `Acknowledge ${id}?`,
    text: 'Its notices are not repeated until it ends. Its end is still reported. This cannot be taken back.',
    fields: [{ name: 'note', label: 'Note for the others', placeholder: 'Ada is on it' }],
    action: 'Acknowledge',
    run: async ({ note = '' }) => {
      await change(
        'POST',
        `incidents/${encodeURIComponent(id)}/acknowledge`,
        note.trim() === '' ? {} : { note: note.trim() },
      );
      await reload();
      return { said: `${id} is acknowledged: nothing is repeated until it ends.` };
    },
  });
}

export function askToResolve({ id }: Incident, reload: Reload): void {
  askFirst({
    title: `Close ${id}?`,
    text: 'It ends without a notice. If the condition still holds at the next tick, a new incident opens. This cannot be taken back.',
    action: 'Close it',
    run: async () => {
      await change('POST', `incidents/${encodeURIComponent(id)}/resolve`, {});
      await reload();
      return { said: `${id} is closed. A new incident opens if the condition still holds.` };
    },
  });
}

export function askToSilence({ rule }: RuleRow, reload: Reload): void {
  askFirst({
    title: `Silence ${rule}?`,
    text: 'The rule is still judged and its incidents open and end, but it sends no notices meanwhile.',
    fields: [{ name: 'for', label: 'For', value: '2h', isRequired: true, offers: SPANS, hint: HOW_LONG }],
    action: 'Silence',
    run: async ({ for: length = '' }) => ({
      ...(await silence(rule, length.trim(), reload)),
      undo: () => silence(rule, '0s', reload),
    }),
  });
}

export async function silence(rule: string, length: string, reload: Reload): Promise<Done> {
  await change('POST', `alerts/${encodeURIComponent(rule)}/silence`, { for: length });
  await reload();
  return { said: length === '0s' ? `${rule} sends notices again.` : `${rule} sends no notices for ${length}.` };
}

export function askToMute(reload: Reload): void {
  askFirst({
    title: 'Mute all notices?',
    text: 'Rules are still judged, but no notice is sent, of whatever rule.',
    fields: [{ name: 'for', label: 'For', value: '1h', isRequired: true, offers: SPANS, hint: HOW_LONG }],
    action: 'Mute all',
    run: async ({ for: length = '' }) => ({
      ...(await mute(length.trim(), reload)),
      undo: () => mute('0s', reload),
    }),
  });
}

export async function mute(length: string, reload: Reload): Promise<Done> {
  await change('POST', 'alerts/mute', { for: length });
  await reload();
  return { said: length === '0s' ? 'Notices are sent again.' : `No notices are sent for ${length}.` };
}

export function askToRetry(waiting: number, reload: Reload): void {
  askFirst({
    title: 'Try to send again?',
    text: `${waiting === 1 ? 'One notice that was' : `${waiting} notices that were`} not sent, including those rejected for good, will be tried again within a minute.`,
    action: 'Try again',
    run: async () => {
      const { retried } = await change<{ retried: number }>('POST', 'alerts/retry', {});
      await reload();
      return { said: `${retried === 1 ? 'One notice is' : `${retried} notices are`} tried again within a minute.` };
    },
  });
}

export function askToSendDigest(): void {
  askFirst({
    title: 'Send the digest now?',
    text: 'Its recipients get it at once, and the next one at its usual time.',
    action: 'Send it',
    run: async () => {
      const { sentTo } = await change<{ sentTo: readonly string[] }>('POST', 'digest', {});
      return { said: `The digest is on its way to ${sentTo.join(', ')}.` };
    },
  });
}
