// All that the register loads when it is needed: see `app/utils/mixpay_lazy.js`.
export { MixpayPopup } from "@pos_mixpay/lazy/components/mixpay_popup/mixpay_popup";
export {
    confirmManually,
    forceCancel,
    releaseLine,
    releaseOrder,
    tellKept,
} from "@pos_mixpay/lazy/utils/mixpay_approval";
export { confirmClosing } from "@pos_mixpay/lazy/utils/mixpay_closing";
export { printSlip, showSlip } from "@pos_mixpay/lazy/utils/mixpay_slip";
export {
    canValidate,
    findHeld,
    handleRefusal,
    handleRefusedDeletion,
} from "@pos_mixpay/lazy/utils/mixpay_validation";
export { withdraw } from "@pos_mixpay/lazy/utils/mixpay_withdraw";
