import { t } from "../i18n";
import type { PasswordFault } from "../lib/password";
import { TextField } from "../ui/Field";

/** The error of a new password if it belongs to this field: the first one or its repetition. */
export function describeFault(
  fault: PasswordFault | undefined,
  field: PasswordFault["kind"],
): string | undefined {
  if (fault?.kind !== field) return undefined;
  return fault.kind === "short"
    ? t("session.tooShort", { missing: fault.missing })
    : t("session.twoDiffer");
}

/** A new password and its repetition, as `password` and `repeated`. */
export function NewPasswordFields(props: { fault: PasswordFault | undefined }) {
  return (
    <>
      <TextField
        label={t("session.password")}
        name="password"
        type="password"
        autocomplete="new-password"
        hint={t("session.passwordHint")}
        fault={describeFault(props.fault, "short")}
        required
        autofocus
      />
      <TextField
        label={t("session.again")}
        name="repeated"
        type="password"
        autocomplete="new-password"
        fault={describeFault(props.fault, "differs")}
        required
      />
    </>
  );
}
