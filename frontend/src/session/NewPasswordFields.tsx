import { t } from "../i18n";
import type { PasswordFault } from "../lib/password";
import { TextField } from "../ui/Field";

/** What is wrong with a new password, in words. */
export function describeFault(fault: PasswordFault | undefined): string | undefined {
  if (!fault) return undefined;
  return fault.kind === "short"
    ? t("session.tooShort", { missing: fault.missing })
    : t("session.twoDiffer");
}

/** A new password, typed twice, as `password` and `repeated`. */
export function NewPasswordFields(props: { fault: PasswordFault | undefined }) {
  return (
    <>
      <TextField
        label={t("session.password")}
        name="password"
        type="password"
        autocomplete="new-password"
        hint={t("session.passwordHint")}
        required
        autofocus
      />
      <TextField
        label={t("session.again")}
        name="repeated"
        type="password"
        autocomplete="new-password"
        fault={describeFault(props.fault)}
        required
      />
    </>
  );
}
