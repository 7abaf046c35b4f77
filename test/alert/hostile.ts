/** Texts that an attacker may log to change a mail, a web page or a terminal. */
export const HOSTILE: Readonly<Record<string, string>> = {
  'a line break': 'x\r\nBcc: evil@example.org\r\n\r\nhello',
  'a long text': 'y'.repeat(10_000),
  'long without a break, wide': '測'.repeat(3000),
  emoji: '🔥🔥 disk on fire 👩‍🚒 🔥🔥',
  'bidirectional text': 'invoice\u202egnp.exe \u2066secret\u2069',
  'an encoded word': '=?utf-8?Q?=0D=0ABcc:_evil@example.org?=',
  'another encoded word': '=?utf-8?B?DQpCY2M6IGV2aWxAZXhhbXBsZS5vcmc=?= =?x?',
  'a part of a mail': '--boundary\r\nContent-Type: text/html\r\n\r\n<script>window.ran = 1</script>',
  'a page':
    '<img src=http://192.0.2.1/x.png onerror="window.ran = 1"><script>window.ran = 1</script><svg onload="window.ran = 1">',
  'the end of a page':
    '</div></body></html><style>* { display: none }</style><iframe src="http://192.0.2.1/"></iframe>',
  'an attribute': `" onmouseover="window.ran = 1" style="background:url(http://192.0.2.1/)' x='`,
  'an entity': '&lt;script&gt; &#60;script&#62; &#x202e; &amp;nbsp;',
  'control characters': '\u001b[31mred\u001b]0;title\u0007\u0000\u009b2J\u0085next',
  'lines of another kind': 'a\u2028b\u2029c\u000bd\u000ce',
  'an address': 'ops@example.org, "Evil" <evil@example.org>; evil@example.com',
  'a lone half': 'half \ud83d of a pair \udc00',
  'a dot': '.\r\nMAIL FROM:<evil@example.org>\r\nRCPT TO:<evil@example.org>\r\nDATA\r\n',
  'a shell': `'; rm -rf / #$(reboot)\`reboot\``,
};
