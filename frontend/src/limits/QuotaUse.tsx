import { createQuery } from "@urql/solid";
import { createSignal, onMount, Show } from "solid-js";
import { graphql } from "../graphql/generated";
import type { QuotaInput } from "../graphql/generated/graphql";
import { t } from "../i18n";
import { createDelayed } from "../lib/createDelayed";
import { Ago } from "../ui/Moment";
import { Notice } from "../ui/Notice";
import { describeAmount } from "../ui/quotaAmounts";
import type { Subject } from "./createQuotaChange";
import { isQuota, readQuota } from "./quotaInput";

const QuotaPreviewQuery = graphql(`
  query QuotaPreview($userId: ID, $apiKeyId: ID, $quota: QuotaInput!) {
    quotaPreview(userId: $userId, apiKeyId: $apiKeyId, quota: $quota) {
      used
      rejectsImmediately
      resetsAt
    }
  }
`);

const TYPING_MS = 300;

/** The quota as it is typed; without a valid limit it is only read for its usage. */
type Typed = { quota: QuotaInput; hasLimit: boolean };

function read(form: HTMLFormElement): Typed | undefined {
  const data = new FormData(form);
  const quota = readQuota(data);
  if (isQuota(quota)) return { quota, hasLimit: true };
  data.set("limit", "1");
  data.set("soft", "");
  const used = readQuota(data);
  return isQuota(used) ? { quota: used, hasLimit: false } : undefined;
}

/** The usage that the quota in the surrounding form would start with. */
export function QuotaUse(props: { subject: Subject }) {
  let place: HTMLDivElement | undefined;
  const [typed, setTyped] = createSignal<Typed>();
  const wanted = createDelayed(typed, TYPING_MS);
  onMount(() => {
    const form = place?.closest("form");
    if (!form) return;
    const update = () => setTyped(read(form));
    form.addEventListener("input", update);
    form.addEventListener("change", update);
    update();
  });
  const [answer] = createQuery({
    query: QuotaPreviewQuery,
    variables: () => ({
      ...props.subject,
      quota: wanted()?.quota ?? { metric: "TOKENS" as const, limit: 1 },
    }),
    pause: () => wanted() === undefined,
    requestPolicy: "cache-and-network",
  });
  const preview = () => (wanted() ? answer.data?.quotaPreview : undefined);
  const amount = () => describeAmount(wanted()?.quota.metric ?? "TOKENS", preview()?.used ?? 0);
  return (
    <div ref={place} role="status">
      <Show when={preview()}>
        {(found) => (
          <Show
            when={wanted()?.hasLimit && found().rejectsImmediately}
            fallback={<p class="text-sm text-muted">{t("limits.usedNow", { amount: amount() })}</p>}
          >
            <Notice tone="warn">
              {t("limits.rejectsNow", { amount: amount() })}{" "}
              <Show when={found().resetsAt}>
                {(at) => (
                  <>
                    {t("common.resets")} <Ago at={at()} />
                  </>
                )}
              </Show>
            </Notice>
          </Show>
        )}
      </Show>
    </div>
  );
}
