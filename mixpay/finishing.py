"""Why the server leaves a paid order to a person at a register: money rule 9."""

SESSION = "session"
SHOP = "shop"
USER = "user"
FISCAL = "fiscal"
UNSAVED = "unsaved"
REFUND = "refund"
TENDER = "tender"
PART = "part"
GIVEN_UP = "given_up"
CUSTOMER = "customer"
DETAILS = "details"
PRESET = "preset"
LOYALTY = "loyalty"
KITCHEN = "kitchen"
REGISTER = "register"
REFUSED = "refused"

# In words for people. The words of modules that add their own stand with them.
REASONS = {
    SESSION: "No session of its Point of Sale is open.",
    SHOP: "It is in another Point of Sale than the one that was paid.",
    USER: "Whoever opened the session may not sell any more.",
    FISCAL: "A fiscal device or certified software takes part in each sale.",
    UNSAVED: "A register has changes to it that are not saved yet.",
    REFUND: "Something in it is taken back, or has a price below zero.",
    TENDER: "It has another payment, and only a person knows whether that was received.",
    PART: "What was paid is not the whole price.",
    GIVEN_UP: "A part was paid after somebody had given up waiting for it.",
    CUSTOMER: "It needs a customer.",
    DETAILS: "Its customer's details are incomplete.",
    PRESET: "The kind of order that was chosen needs a name, a customer or a time.",
    LOYALTY: "Points, coupons and gift cards are booked by registers only.",
    KITCHEN: "Something was not sent to the kitchen yet.",
    REGISTER: "A step is left that only a register takes.",
    REFUSED: "Odoo refused to finish it.",
}
