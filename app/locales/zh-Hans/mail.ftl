# Draft: not reviewed by an expert.
code-subject = 验证码
code-body =
    验证码：{ $code }

    请在10分钟之内在页面上输入。
    如果您没有申请，请删除此邮件。
received-subject = 受理通知
received-body =
    我们已收到您发送的内容。
    登录后可以查看进度。
taken-in-subject = 手续通知
taken-in-body =
    负责的窗口已登记您发送的内容。
    登录后可以查看接下来的安排。
sent-back-subject = 请确认内容
sent-back-body =
    您发送的内容中有需要您确认的地方。
    请登录后查看。
visit-needed-subject = 请您来窗口
visit-needed-body =
    有事情需要您来窗口办理。
    登录后可以查看详情。
decided-subject = 手续进度通知
decided-body =
    您的手续状态有变化。
    登录后可以查看。
filing-news-subject = 手续通知
filing-news-body =
    关于您提交的内容，有新的通知。
    登录后可以查看。
draft-ends-subject = 关于您保存的内容
draft-ends-body =
    您填写到一半的内容将于 { $at } 删除。
    如要继续，请在此之前登录并继续填写。
    如不继续，无需任何操作。

# 预约
booking-kept-subject = 预约确认
booking-kept-body =
    您的预约时间为 { $at }（日本时间）。
    详情及更改请登录查看。
booking-closed-subject = 关于您的预约
booking-closed-body =
    由于窗口方面的原因，{ $at }（日本时间）的预约无法进行。非常抱歉。
    请登录并选择其他时间。
booking-reminder-subject = 您的预约即将到来
booking-reminder-body =
    您在 { $at }（日本时间）有预约。
    详情及更改请登录查看。
booking-free-subject = 空位通知
booking-free-body =
    您等候的时间有了空位。
    先到先得，请登录选择。
# reminders
stop-line = 停止此类提醒：{ $address }
# 与市政府的联系
message-subject = 有给您的通知
message-body =
    有给您的通知。
    登录后即可阅读。

# 更改邮箱地址
address-code-subject = 验证码通知
address-code-body =
    验证码：{ $code }

    请在页面上输入。
    如果您没有申请，请删除此邮件。
counter-code-subject = 验证码通知
counter-code-body =
    验证码：{ $code }

    请告诉窗口的工作人员。30分钟内有效。
    如果您没有申请，请删除此邮件。
address-changed-subject = 邮箱地址变更通知
address-changed-body =
    登录用的邮箱地址已办理变更或确认。
    如果您不知情，请打电话给窗口。

# Ways in.
passkeys-changed-subject = 登录方式变更通知
passkeys-changed-body =
    通行密钥已注册或删除。
    如果您不知情，请打电话给窗口。

# 窗口更正
amended-subject = 关于您提交的内容
amended-body =
    窗口更正了您提交内容的一部分。
    登录后可以查看。
