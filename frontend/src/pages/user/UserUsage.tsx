import { useParams } from "@solidjs/router";
import {
  createUsageSearch,
  UsageBreakdown,
  UsageFigures,
  UsageFilters,
  UsageOverTime,
} from "../../features/usage";

/** One user's usage, by model and time. */
export default function UserUsage() {
  const params = useParams<{ id: string }>();
  const choices = createUsageSearch(() => params.id);
  return (
    <>
      <UsageFilters choices={choices} />
      <UsageFigures choices={choices} />
      <UsageOverTime choices={choices} />
      <UsageBreakdown choices={choices} />
    </>
  );
}
