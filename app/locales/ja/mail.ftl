code-subject = 確認番号のお知らせ
code-body =
    確認番号：{ $code }

    10分以内に、画面に入力してください。
    心当たりのないときは、このメールを消してください。
received-subject = 受付のお知らせ
received-body =
    お送りいただいた内容を受け付けました。
    状況は、サインインするとご覧になれます。
