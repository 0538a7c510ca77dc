import { createMutation } from "../../graphql/createMutation";
import { graphql } from "../../graphql/generated";
import { t } from "../../i18n";
import { Button } from "../../ui/Button";
import { notify, notifyError } from "../../ui/Toaster";

const ResumeProviderAccountMutation = graphql(`
  mutation ResumeProviderAccount($id: ID!) {
    resumeProviderAccount(id: $id) {
      account {
        id
        status
        statusReason
        pausedAt
      }
    }
  }
`);

/** Uses a paused account again. */
export function ResumeAccount(props: { id: string; label: string }) {
  const [, resume] = createMutation(ResumeProviderAccountMutation);

  async function go(id: string, label: string) {
    const { error } = await resume({ id });
    if (error) notifyError(error);
    else notify({ tone: "ok", text: t("providers.resumedToast", { label }) });
  }

  return (
    <Button
      size="small"
      onClick={() => void go(props.id, props.label)}
      aria-label={`${t("providers.resume")}: ${props.label}`}
    >
      {t("providers.resume")}
    </Button>
  );
}
