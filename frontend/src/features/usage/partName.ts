import type { ProviderKind, UsageDimension } from "../../graphql/generated/graphql";
import { t } from "../../i18n";
import { providerName } from "../../ui/providers";

type Named = {
  key: string;
  label?: string | null | undefined;
  provider?: ProviderKind | null | undefined;
};

/** The name of a group of usage. */
export function partName(part: Named, by: UsageDimension): string {
  if (by === "PROVIDER" && part.provider) return providerName(part.provider);
  return part.label ?? (part.key || t("common.none"));
}

/** The value that filters by a group; undefined for an unknown one. */
export function filterValue(part: Named, by: UsageDimension): string | undefined {
  return (by === "PROVIDER" ? part.provider : part.key) || undefined;
}
