import { pieces } from './pieces.ts';

/** A text that others wrote (a message, a name, a saved query): shown, never obeyed. */
export function Text({ text, marks }: { text: string; marks?: RegExp | undefined }) {
  return (
    <bdi class="text">
      {pieces(text, marks).map((piece) => {
        const classes = [piece.isEscape ? 'escape' : '', piece.colour ?? ''].filter(Boolean).join(' ');
        if (piece.isMatch) return <mark class={classes}>{piece.text}</mark>;
        return classes ? <span class={classes}>{piece.text}</span> : piece.text;
      })}
    </bdi>
  );
}
