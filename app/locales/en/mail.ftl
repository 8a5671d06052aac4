code-subject = Your number
code-body =
    Your number: { $code }

    Please enter it within ten minutes.
    If you did not ask for it, please delete this email.
received-subject = We have received it
received-body =
    We have received what you sent.
    Sign in to see its status.
taken-in-subject = News about your procedure
taken-in-body =
    The office in charge has registered what you sent.
    Sign in to see what comes next.
sent-back-subject = Please check what you sent
sent-back-body =
    There is something in what you sent that we would like you to check.
    Sign in to see it.
visit-needed-subject = Please visit us
visit-needed-body =
    We would like you to come to our counter.
    Sign in to see why.
decided-subject = News about your procedure
decided-body =
    The status of your procedure has changed.
    Sign in to see it.
filing-news-subject = News about your procedure
filing-news-body =
    There is news on what you sent.
    Sign in to see it.
draft-ends-subject = About what you saved
draft-ends-body =
    What you have entered so far will be deleted { $at } (Japan time).
    If you want to go on, please sign in and continue before then.
    If not, there is nothing you need to do.

# Appointments
booking-kept-subject = Your appointment
booking-kept-body =
    Your appointment is { $at } (Japan time).
    Please sign in for the details, or to change it.
booking-closed-subject = About your appointment
booking-closed-body =
    Your appointment of { $at } (Japan time) cannot take place, for reasons on our side. We are sorry.
    Please sign in and choose another time.
booking-reminder-subject = Your appointment is soon
booking-reminder-body =
    You have an appointment { $at } (Japan time).
    Please sign in for the details, or to change it.
booking-free-subject = A time is free
booking-free-body =
    A time that you were waiting for is free.
    Whoever comes first has it. Please sign in and choose.
# reminders
stop-line = Stop these reminders: { $address }
# Messages with the city
message-subject = There is news for you
message-body =
    There is news for you.
    You can read it after signing in.

# Change of address
address-code-subject = Your code
address-code-body =
    Code: { $code }

    Please enter it on the page.
    If you did not ask for this, please delete this mail.
counter-code-subject = Your code
counter-code-body =
    Code: { $code }

    Please tell it to the person at the counter. It can be used for 30 minutes.
    If you did not ask for this, please delete this mail.
address-changed-subject = Your mail address was changed
address-changed-body =
    The mail address with which you sign in was changed or confirmed.
    If you do not know about this, please call the counter.

# Ways in.
passkeys-changed-subject = Your ways to sign in were changed
passkeys-changed-body =
    A passkey was added or removed.
    If you do not know about this, please call the counter.

# Corrected by the office
amended-subject = About what you sent
amended-body =
    The office has corrected part of what you sent.
    Sign in to see it.
