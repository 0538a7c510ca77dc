import { createSignal } from "solid-js";
import { createMutation } from "../../graphql/createMutation";
import { graphql } from "../../graphql/generated";
import { t } from "../../i18n";
import { notify, notifyError } from "../../ui/Toaster";

const CheckProviderHealthMutation = graphql(`
  mutation CheckProviderHealth($accountId: ID) {
    checkProviderHealth(accountId: $accountId) {
      results {
        healthy
        error
        account {
          id
          label
          ...AccountRow
        }
      }
    }
  }
`);

/** Checks one account, or all enabled ones, at their providers. */
export function createHealthCheck() {
  const [, check] = createMutation(CheckProviderHealthMutation);
  const [isChecking, setChecking] = createSignal(false);

  async function ask(accountId?: string) {
    setChecking(true);
    const { data, error } = await check({ accountId });
    setChecking(false);
    if (error) return notifyError(error);
    const results = data?.checkProviderHealth.results ?? [];
    const sick = results.filter((result) => !result.healthy);
    for (const { account, error: reason } of sick) {
      notify({
        tone: "bad",
        text: t("providers.foundSick", { label: account.label, reason: reason ?? "" }),
      });
    }
    if (sick.length === 0)
      notify({ tone: "ok", text: t("providers.foundSound", { count: results.length }) });
  }

  return { ask, isChecking };
}
