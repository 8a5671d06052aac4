# Draft: not reviewed by an expert.
code-subject = Seu código
code-body =
    Seu código: { $code }

    Digite-o na página em até 10 minutos.
    Se você não pediu este código, apague este e-mail.
received-subject = Recebemos o seu envio
received-body =
    Recebemos o que você enviou.
    Entre na sua conta para ver o andamento.
taken-in-subject = Aviso sobre o procedimento
taken-in-body =
    O setor responsável registrou o que você enviou.
    Entre na sua conta para ver os próximos passos.
sent-back-subject = Verifique o que você enviou
sent-back-body =
    Há algo no que você enviou que pedimos que verifique.
    Entre na sua conta para ver.
visit-needed-subject = Pedimos que venha ao balcão
visit-needed-body =
    Há um assunto para o qual pedimos que venha ao balcão.
    Entre na sua conta para ver os detalhes.
decided-subject = Aviso sobre o andamento
decided-body =
    A situação do seu procedimento mudou.
    Entre na sua conta para ver.
filing-news-subject = Aviso sobre o procedimento
filing-news-body =
    Há novidades sobre o que você enviou.
    Entre na sua conta para ver.
draft-ends-subject = Sobre o que você guardou
draft-ends-body =
    O que você começou a preencher será apagado em { $at }.
    Para continuar, entre e siga adiante antes disso.
    Se não quiser continuar, não precisa fazer nada.

# Horários
booking-kept-subject = Seu horário
booking-kept-body =
    Seu horário: { $at } (hora do Japão).
    Entre no site para ver os detalhes ou mudar.
booking-closed-subject = Sobre o seu horário
booking-closed-body =
    O horário de { $at } (hora do Japão) não poderá ser mantido, por motivo nosso. Pedimos desculpas.
    Entre no site e escolha outro horário.
booking-reminder-subject = Seu horário está próximo
booking-reminder-body =
    Você tem um horário marcado: { $at } (hora do Japão).
    Entre no site para ver os detalhes ou mudar.
booking-free-subject = Há um horário livre
booking-free-body =
    Há um horário livre que você esperava.
    Quem chegar primeiro fica com ele. Entre no site e escolha.
# reminders
stop-line = Parar estes lembretes: { $address }
# Mensagens com a cidade
message-subject = Há um aviso para você
message-body =
    Há um aviso para você.
    Entre no site para ler.

# Mudança de e-mail
address-code-subject = Seu código
address-code-body =
    Código: { $code }

    Digite-o na página.
    Se você não pediu, apague este e-mail.
counter-code-subject = Seu código
counter-code-body =
    Código: { $code }

    Diga-o à pessoa no balcão. Vale por 30 minutos.
    Se você não pediu, apague este e-mail.
address-changed-subject = Mudança de e-mail
address-changed-body =
    O e-mail com que você entra foi mudado ou confirmado.
    Se você não sabe disso, ligue para o balcão.

# Ways in.
passkeys-changed-subject = Mudança na forma de entrar
passkeys-changed-body =
    Uma chave de acesso foi registrada ou apagada.
    Se você não sabe disso, ligue para o balcão.

# Correção pelo balcão
amended-subject = Sobre o que você enviou
amended-body =
    O balcão corrigiu uma parte do que você enviou.
    Entre na sua conta para ver.
