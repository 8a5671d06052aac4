# Draft: not reviewed by an expert.
code-subject = Mã xác nhận
code-body =
    Mã xác nhận: { $code }

    Hãy nhập mã này vào trang trong vòng 10 phút.
    Nếu bạn không yêu cầu, hãy xóa email này.
received-subject = Thông báo tiếp nhận
received-body =
    Chúng tôi đã nhận nội dung bạn gửi.
    Hãy đăng nhập để xem tình trạng.
taken-in-subject = Thông báo về thủ tục
taken-in-body =
    Bộ phận phụ trách đã ghi nhận nội dung bạn gửi.
    Hãy đăng nhập để xem các bước tiếp theo.
sent-back-subject = Hãy kiểm tra lại nội dung
sent-back-body =
    Có chỗ trong nội dung bạn gửi mà chúng tôi muốn bạn kiểm tra.
    Hãy đăng nhập để xem.
visit-needed-subject = Mời bạn đến quầy
visit-needed-body =
    Có việc cần bạn đến quầy.
    Hãy đăng nhập để xem chi tiết.
decided-subject = Thông báo tình trạng thủ tục
decided-body =
    Tình trạng thủ tục của bạn đã thay đổi.
    Hãy đăng nhập để xem.
filing-news-subject = Thông báo về thủ tục
filing-news-body =
    Có thông báo mới về nội dung bạn đã gửi.
    Hãy đăng nhập để xem.
draft-ends-subject = Về nội dung bạn đã lưu
draft-ends-body =
    Nội dung bạn đang điền dở sẽ bị xóa vào { $at }.
    Nếu muốn tiếp tục, hãy đăng nhập và điền tiếp trước lúc đó.
    Nếu không tiếp tục, bạn không cần làm gì.

# Lịch hẹn
booking-kept-subject = Lịch hẹn của bạn
booking-kept-body =
    Lịch hẹn của bạn: { $at } (giờ Nhật Bản).
    Hãy đăng nhập để xem chi tiết hoặc đổi lịch.
booking-closed-subject = Về lịch hẹn của bạn
booking-closed-body =
    Lịch hẹn { $at } (giờ Nhật Bản) không thể diễn ra vì lý do của văn phòng. Xin lỗi bạn.
    Hãy đăng nhập và chọn thời gian khác.
booking-reminder-subject = Sắp đến lịch hẹn của bạn
booking-reminder-body =
    Bạn có lịch hẹn vào { $at } (giờ Nhật Bản).
    Hãy đăng nhập để xem chi tiết hoặc đổi lịch.
booking-free-subject = Có giờ trống
booking-free-body =
    Đã có giờ trống mà bạn đang chờ.
    Ai chọn trước sẽ được. Hãy đăng nhập và chọn.
# reminders
stop-line = Dừng thư nhắc này: { $address }
# Tin nhắn với thành phố
message-subject = Bạn có thông báo
message-body =
    Bạn có thông báo.
    Đăng nhập để xem.

# Đổi địa chỉ email
address-code-subject = Mã xác nhận
address-code-body =
    Mã: { $code }

    Hãy nhập vào trang.
    Nếu bạn không yêu cầu, hãy xóa email này.
counter-code-subject = Mã xác nhận
counter-code-body =
    Mã: { $code }

    Hãy nói mã này cho nhân viên tại quầy. Dùng được trong 30 phút.
    Nếu bạn không yêu cầu, hãy xóa email này.
address-changed-subject = Thông báo về địa chỉ email
address-changed-body =
    Địa chỉ email dùng để đăng nhập đã được đổi hoặc xác nhận.
    Nếu bạn không biết việc này, hãy gọi cho quầy.

# Ways in.
passkeys-changed-subject = Thông báo về cách đăng nhập
passkeys-changed-body =
    Một passkey đã được thêm hoặc xóa.
    Nếu bạn không biết việc này, hãy gọi cho quầy.

# Văn phòng chỉnh lại
amended-subject = Về nội dung bạn đã gửi
amended-body =
    Văn phòng đã chỉnh lại một phần nội dung bạn đã gửi.
    Hãy đăng nhập để xem.
