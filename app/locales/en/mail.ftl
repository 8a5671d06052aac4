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
