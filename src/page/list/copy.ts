import type { Message, Row } from '../api/answers.ts';
import { plain } from '../text/pieces.ts';
import { rfc3339 } from '../time/zone.ts';
import { gapText } from './gap-text.ts';
import { cellText } from './line.ts';

/** A line as `cordwood search -o short-iso` prints it, with characters that would act written out. */
function textOf(row: Row, zone: string): string {
  if ('_gap' in row) return '--';
  if ('_missing' in row) return `-- ${plain(gapText(row._missing, zone))}`;
  return messageText(row, zone);
}

export function messageText(message: Message, zone: string): string {
  const program = cellText('appname', message);
  const head = `${cellText('hostname', message)} ${program && `${program}: `}`;
  return `${rfc3339(Date.parse(message.timestamp), zone)} ${plain(head + message.message)}`;
}

/** Copies whole lines if the selection spans several; a part of one line is copied as it is shown. */
export function copyLines(
  event: ClipboardEvent,
  root: HTMLElement,
  rowOf: (element: Element) => Row | undefined,
  zone: string,
): void {
  const selection = getSelection();
  if (!selection || selection.isCollapsed) return;
  const range = selection.getRangeAt(0);
  const chosen = [...root.querySelectorAll('.line')].filter((line) => range.intersectsNode(line));
  if (chosen.length < 2) return;
  const texts = chosen.flatMap((line) => rowOf(line) ?? []).map((row) => textOf(row, zone));
  event.clipboardData?.setData('text/plain', `${texts.join('\n')}\n`);
  event.preventDefault();
}
