code-subject = Your number
code-body =
    Your number: { $code }

    Please enter it within ten minutes.
    If you did not ask for it, please delete this mail.
received-subject = We have received it
received-body =
    We have received what you sent.
    Sign in to see how it is going.
taken-in-subject = The office has taken it in
taken-in-body =
    The office in charge has taken in what you sent.
    Sign in to see what comes next.
sent-back-subject = Please check what you sent
sent-back-body =
    There is something in what you sent that we ask you to check.
    Sign in to see it.
visit-needed-subject = Please visit us
visit-needed-body =
    There is something for which we ask you to come to our counter.
    Sign in to see more.
decided-subject = News about your procedure
decided-body =
    The state of your procedure has changed.
    Sign in to see it.
draft-ends-subject = About what you saved
draft-ends-body =
    What you have entered so far will be deleted { $at } (Japan time).
    If you want to go on, please sign in and continue before then.
    If not, there is nothing you need to do.
