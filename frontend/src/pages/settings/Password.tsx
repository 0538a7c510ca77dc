import { PasswordPanel } from "../../features/password";
import { SecondFactorPanel } from "../../features/secondfactor";

/** How the administrator themselves signs in. */
export default function Password() {
  return (
    <>
      <PasswordPanel />
      <SecondFactorPanel />
    </>
  );
}
