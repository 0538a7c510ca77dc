import { t } from "../i18n";
import { notify } from "../ui/Toaster";

/** Reports how many users have new limits, and how many no longer exist. */
export function notifyLimits(results: readonly { outcome: "APPLIED" | "NOT_FOUND" }[]) {
  const count = results.filter((result) => result.outcome === "APPLIED").length;
  const missing = results.length - count;
  const text = t("limits.many.done", { count });
  notify({
    tone: "ok",
    text: missing > 0 ? `${text} ${t("limits.many.missing", { count: missing })}` : text,
  });
}
