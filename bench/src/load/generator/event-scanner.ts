/** What precedes the text of a content chunk in each provider's and gateway's events. */
const contentMark = /"content": ?"/g;
const longestMark = '"content": "'.length;

/** A chunk's text as the scanner finds it: the provider's time stamp, or null for other text. */
export type FoundStamp = number | null;

/**
 * Finds the content chunks in the bytes of an event stream, wherever the reads cut it. A chunk of the mock provider's `stamp=1`
 * is the time of its making. Empty contents, as in the opening event, are passed over.
 */
export function createEventScanner(found: (stamp: FoundStamp) => void): (bytes: Buffer) => void {
  let carried = "";
  return (bytes) => {
    const text = carried + bytes.toString("latin1");
    carried = "";
    contentMark.lastIndex = 0;
    let read = 0;
    for (let match = contentMark.exec(text); match !== null; match = contentMark.exec(text)) {
      const start = match.index + match[0].length;
      const end = text.indexOf('"', start);
      if (end === -1) {
        carried = text.slice(match.index);
        return;
      }
      read = end;
      if (end > start) found(stampOf(text.slice(start, end)));
    }
    carried = text.slice(Math.max(read, text.length - longestMark));
  };
}

function stampOf(text: string): FoundStamp {
  return /^\d{6,} ?$/.test(text) ? Number(text) : null;
}
