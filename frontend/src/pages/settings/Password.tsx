import { PasswordPanel } from "../../features/password";
import { SecondFactorPanel } from "../../features/secondfactor";

/** The administrator's own password and second factor. */
export default function Password() {
  return (
    <>
      <PasswordPanel />
      <SecondFactorPanel />
    </>
  );
}
