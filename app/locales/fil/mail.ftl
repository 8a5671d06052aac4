# Draft: not reviewed by an expert.
code-subject = Ang iyong code
code-body =
    Ang iyong code: { $code }

    Isulat ito sa pahina sa loob ng 10 minuto.
    Kung hindi mo ito hiningi, burahin ang email na ito.
received-subject = Natanggap na namin
received-body =
    Natanggap namin ang ipinadala mo.
    Mag-sign in upang makita ang kalagayan.
taken-in-subject = Paalala tungkol sa iyong proseso
taken-in-body =
    Naitala na ng tanggapan ang ipinadala mo.
    Mag-sign in upang makita ang mga susunod na hakbang.
sent-back-subject = Pakisuri ang ipinadala mo
sent-back-body =
    May bahagi sa ipinadala mo na nais naming suriin mo.
    Mag-sign in upang makita ito.
visit-needed-subject = Pumunta sa tanggapan
visit-needed-body =
    Nais naming pumunta ka sa aming tanggapan.
    Mag-sign in upang makita ang detalye.
decided-subject = Paalala tungkol sa kalagayan
decided-body =
    Nagbago ang kalagayan ng iyong proseso.
    Mag-sign in upang makita ito.
filing-news-subject = Paalala tungkol sa iyong proseso
filing-news-body =
    May bagong abiso tungkol sa ipinadala mo.
    Mag-sign in upang makita ito.
draft-ends-subject = Tungkol sa na-save mo
draft-ends-body =
    Mabubura sa { $at } ang hindi mo pa natatapos na sinagutan.
    Kung itutuloy mo, mag-sign in at magpatuloy bago iyon.
    Kung hindi, wala kang kailangang gawin.

# Booking
booking-kept-subject = Ang booking mo
booking-kept-body =
    Ang booking mo: { $at } (oras sa Japan).
    Mag-sign in para sa detalye o para baguhin ito.
booking-closed-subject = Tungkol sa booking mo
booking-closed-body =
    Hindi matutuloy ang booking na { $at } (oras sa Japan) dahil sa opisina. Paumanhin.
    Mag-sign in at pumili ng ibang oras.
booking-reminder-subject = Malapit na ang booking mo
booking-reminder-body =
    May booking ka sa { $at } (oras sa Japan).
    Mag-sign in para sa detalye o para baguhin ito.
booking-free-subject = May bakanteng oras
booking-free-body =
    May nabakanteng oras na hinihintay mo.
    Mauuna ang unang pipili. Mag-sign in at pumili.
# reminders
stop-line = Itigil ang paalalang ito: { $address }
# Mga mensahe sa lungsod
message-subject = May paalala para sa iyo
message-body =
    May paalala para sa iyo.
    Mababasa mo ito pagkatapos mag-sign in.

# Pagpapalit ng email
address-code-subject = Ang iyong code
address-code-body =
    Code: { $code }

    Ilagay ito sa pahina.
    Kung hindi mo ito hiningi, burahin ang email na ito.
counter-code-subject = Ang iyong code
counter-code-body =
    Code: { $code }

    Sabihin ito sa kawani sa tanggapan. Magagamit ito sa loob ng 30 minuto.
    Kung hindi mo ito hiningi, burahin ang email na ito.
address-changed-subject = Pagbabago ng email
address-changed-body =
    Napalitan o nakumpirma ang email na ginagamit mo sa pag-sign in.
    Kung hindi mo ito alam, tumawag sa tanggapan.

# Ways in.
passkeys-changed-subject = Pagbabago sa pag-sign in
passkeys-changed-body =
    May passkey na inirehistro o inalis.
    Kung hindi mo ito alam, tumawag sa tanggapan.

# Itinama ng tanggapan
amended-subject = Tungkol sa ipinadala mo
amended-body =
    Itinama ng tanggapan ang isang bahagi ng ipinadala mo.
    Mag-sign in upang makita ito.
