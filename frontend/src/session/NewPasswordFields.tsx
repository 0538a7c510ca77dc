import type { PasswordFault } from "../lib/password";
import { TextField } from "../ui/Field";
import { words } from "./words";

/** What is wrong with a new password, in words. */
export function describeFault(fault: PasswordFault | undefined): string | undefined {
  if (!fault) return undefined;
  return fault.kind === "short" ? words().tooShort(fault.missing) : words().twoDiffer;
}

/** A new password, typed twice, as `password` and `repeated`. */
export function NewPasswordFields(props: { fault: PasswordFault | undefined }) {
  return (
    <>
      <TextField
        label={words().password}
        name="password"
        type="password"
        autocomplete="new-password"
        hint={words().passwordHint}
        required
        autofocus
      />
      <TextField
        label={words().again}
        name="repeated"
        type="password"
        autocomplete="new-password"
        fault={describeFault(props.fault)}
        required
      />
    </>
  );
}
