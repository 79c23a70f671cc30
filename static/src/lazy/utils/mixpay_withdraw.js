import { notAvailable } from "@pos_mixpay/app/utils/mixpay_words";
import { notSavedText } from "@pos_mixpay/lazy/utils/mixpay_words";

/** The server refused to save the order: so its customer is not asked for money either. */
export async function withdraw(pos, traceId, refusal) {
    const { service } = pos.mixpay;
    try {
        if (!(await service.cancel(traceId)).is_abandoned) {
            return; // there is money already: the customer is served first
        }
    } catch (error) {
        service.noteFailure(error);
    }
    pos.mixpay.showAlert(notAvailable(), notSavedText(refusal));
}
