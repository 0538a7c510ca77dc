/** Cuts server-sent events out of text that comes in any pieces. */
export function createEventReader(onData: (data: string) => void): (piece: string) => void {
  let rest = "";
  return (piece) => {
    const lines = (rest + piece).split(/\r?\n/);
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line.startsWith("data:")) onData(line.slice("data:".length).trimStart());
    }
  };
}
