import { formatNumber } from "../../lib/format";

const STEP = 1024;
const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

/** So many bytes in the unit that reads best. */
export function formatBytes(bytes: number): string {
  const power = bytes < STEP ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), UNITS.length - 1);
  const tenths = Math.round((bytes / STEP ** power) * 10);
  return `${formatNumber(tenths / 10)} ${UNITS[power]}`;
}
