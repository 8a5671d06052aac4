code-subject = 確認番号のお知らせ
code-body =
    確認番号：{ $code }

    10分以内に、画面に入力してください。
    心当たりのないときは、このメールを消してください。
received-subject = 受付のお知らせ
received-body =
    お送りいただいた内容を受け付けました。
    状況は、サインインするとご覧になれます。
taken-in-subject = 手続きのお知らせ
taken-in-body =
    お送りいただいた内容を、担当の窓口が受け入れました。
    このあとのご案内は、サインインするとご覧になれます。
sent-back-subject = 内容の確認のお願い
sent-back-body =
    お送りいただいた内容に、ご確認いただきたいところがあります。
    サインインしてご覧ください。
visit-needed-subject = 来庁のお願い
visit-needed-body =
    窓口にお越しいただきたいことがあります。
    サインインすると、くわしくご覧になれます。
decided-subject = 手続きの状況のお知らせ
decided-body =
    手続きの状況が変わりました。
    サインインすると、ご覧になれます。
filing-news-subject = 手続きについてのお知らせ
filing-news-body =
    お送りいただいた内容について、お知らせがあります。
    サインインすると、ご覧になれます。
draft-ends-subject = 保存した入力についてのお知らせ
draft-ends-body =
    途中まで入力された内容は、{ $at } に消えます。
    続けるときは、それまでにサインインして、先へお進みください。
    続けないときは、何もしていただく必要はありません。

# 予約
booking-kept-subject = ご予約の確認
booking-kept-body =
    { $at } のご予約を承りました。
    くわしい内容と変更は、サインインするとご覧になれます。
booking-closed-subject = ご予約についてのお願い
booking-closed-body =
    { $at } のご予約は、窓口の都合でお受けできなくなりました。申し訳ありません。
    サインインして、別の日時をお選びください。
booking-reminder-subject = ご予約が近づいています
booking-reminder-body =
    { $at } にご予約があります。
    くわしい内容と変更は、サインインするとご覧になれます。
booking-free-subject = 空きのお知らせ
booking-free-body =
    お待ちになっていた時間に空きが出ました。
    先着順です。サインインしてお選びください。
# reminders
stop-line = このお知らせを止める：{ $address }
# 市との連絡
message-subject = お知らせがあります
message-body =
    お知らせがあります。
    サインインすると、ご覧になれます。

# アドレスの変更
address-code-subject = 確認番号のお知らせ
address-code-body =
    確認番号：{ $code }

    画面に入力してください。
    心当たりのないときは、このメールを消してください。
counter-code-subject = 確認番号のお知らせ
counter-code-body =
    確認番号：{ $code }

    窓口の職員にお伝えください。30分間使えます。
    心当たりのないときは、このメールを消してください。
address-changed-subject = メールアドレスの変更のお知らせ
address-changed-body =
    サインインに使うメールアドレスの手続きが行われました。
    心当たりのないときは、窓口へお電話ください。

# Ways in.
passkeys-changed-subject = サインインの方法についてのお知らせ
passkeys-changed-body =
    パスキーの登録または削除が行われました。
    心当たりのないときは、窓口へお電話ください。

# 職権訂正
amended-subject = 手続きの内容についてのお知らせ
amended-body =
    窓口で、お送りいただいた内容の一部を訂正しました。
    サインインすると、ご覧になれます。
