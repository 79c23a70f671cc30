// All that the register loads when it is needed, by the names that `app/loader.js` calls.
export { MixpayLineStatus } from "@pos_mixpay/lazy/components/mixpay_line_status/mixpay_line_status";
export { MixpayPopup } from "@pos_mixpay/lazy/components/mixpay_popup/mixpay_popup";
export { serveNext } from "@pos_mixpay/lazy/aside";
export { confirmManually, forceCancel } from "@pos_mixpay/lazy/approval";
export { askCustomer } from "@pos_mixpay/lazy/customer";
export { cancelOrder, cancelUnsaved, explainKept } from "@pos_mixpay/lazy/cancelling";
export { confirmClosing } from "@pos_mixpay/lazy/closing";
export { findHeld, handleRefusedDeletion } from "@pos_mixpay/lazy/deletion";
export { explainError, explainFault } from "@pos_mixpay/lazy/error_texts";
export { leaveScreen } from "@pos_mixpay/lazy/gone";
export { hintFor } from "@pos_mixpay/lazy/hint";
export { followLine } from "@pos_mixpay/lazy/moved";
export { notifyEnd } from "@pos_mixpay/lazy/news";
export { noticesOf } from "@pos_mixpay/lazy/notices";
export { showRecent } from "@pos_mixpay/lazy/recent";
export {
    cancelAndDeleteLine,
    handleBackgroundRefusal,
    handleRefusal,
} from "@pos_mixpay/lazy/refusal";
export {
    explainAmount,
    explainBusy,
    explainForceDone,
    explainForeign,
    explainLocked,
    explainRefund,
} from "@pos_mixpay/lazy/restrictions";
export { printSlip, printSlipOf, showSlip } from "@pos_mixpay/lazy/slip";
export { start } from "@pos_mixpay/lazy/start";
export { mayValidate } from "@pos_mixpay/lazy/validation";
