export { createUsageSearch } from "./createUsageSearch";
export { ExportButton } from "./ExportDialog";
export { Reconciliation } from "./Reconciliation";
export { hoursOf, longName, seriesByKind, shortName } from "./series";
export { UsageBreakdown } from "./UsageBreakdown";
export { UsageFigures } from "./UsageFigures";
export { UsageFilters } from "./UsageFilters";
export { UsageHeat } from "./UsageHeat";
export { UsageOverTime } from "./UsageOverTime";
