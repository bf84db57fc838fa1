const quote = 0x22;
const backslash = 0x5c;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/**
 * Sees the end of a JSON object whose text comes in pieces. It keeps none of the text and looks at each character once, so
 * that arguments without an end cost neither memory nor ever longer looks.
 */
export class ObjectEnd {
  isWhole = false;
  private depth = 0;
  private isInText = false;
  private isEscaped = false;

  push(piece: string): void {
    for (let at = 0; at < piece.length; at++) this.step(piece.charCodeAt(at));
  }

  private step(code: number): void {
    if (this.isInText) {
      if (this.isEscaped) this.isEscaped = false;
      else if (code === backslash) this.isEscaped = true;
      else if (code === quote) this.isInText = false;
    } else if (code === quote) {
      this.isInText = true;
    } else if (code === openBrace || code === openBracket) {
      this.depth++;
    } else if (code === closeBrace || code === closeBracket) {
      this.depth--;
      if (this.depth === 0 && code === closeBrace) this.isWhole = true;
    }
  }
}
