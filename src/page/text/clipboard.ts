/** Copies a text. @returns whether the browser allowed it; without TLS it does so on the same machine only */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
